"""Bundle -> file, and file -> Manifest. Same input, same bytes."""
