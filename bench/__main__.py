"""`make bench`: every measurement, one after the other."""

import bench.pipeline
import bench.receiver

if __name__ == "__main__":
    bench.pipeline.main()
    bench.receiver.main()
