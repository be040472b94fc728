from stdnum import isbn

AREAS = {"0": "English", "1": "English", "2": "French", "3": "German", "4": "Japanese"}


def area(number: str) -> str:
    """The language area of an ISBN."""
    if not isbn.is_valid(number):
        return "no ISBN"
    _, group, _, _, _ = isbn.split(isbn.to_isbn13(number))
    return AREAS.get(group, "other")
