"""Measuring tools: `python -m bench NAME`. What each number means stands in NOTES.md."""
