"""A profile of one workload: where its time goes. `nox -s profile -- warm|cold|build WORKLOAD`."""
