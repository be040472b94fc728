"""Books sold, by the language area that their numbers tell."""
