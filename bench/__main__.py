"""`make bench`: every measurement, one after the other."""

from bench import pipeline, receiver

if __name__ == "__main__":
    pipeline.main()
    receiver.main()
