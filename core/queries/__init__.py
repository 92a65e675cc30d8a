"""Read-only questions for cards, pages and API. Each is a function of a unit of work; nothing is written here."""
