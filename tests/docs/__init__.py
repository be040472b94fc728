"""The pages in pexlite/docs, held to the code."""
