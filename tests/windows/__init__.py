"""Built files on Windows: under Wine, on the CPythons for Windows that it can run. `nox -s windows` runs these."""
