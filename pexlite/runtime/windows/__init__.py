"""Windows' way of doing what no two systems do alike; no other system imports these modules."""
