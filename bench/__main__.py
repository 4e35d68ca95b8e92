"""`make bench`: every measurement, one after the other."""

import bench.governor
import bench.pipeline
import bench.policies
import bench.receiver
import bench.workflows

if __name__ == "__main__":
    bench.policies.main()
    bench.pipeline.main()
    bench.governor.main()
    bench.receiver.main()
    bench.workflows.main()
