import sys
from entry_point_module import entry_point_head

if __name__ == "__main__":
    sys.exit(entry_point_function())
