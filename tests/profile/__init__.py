"""Where the time of one workload goes. `nox -s profile -- warm|cold|build WORKLOAD`."""
