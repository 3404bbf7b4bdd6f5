"""The pages that the server shows in a browser: playground, API reference, and the built guide. Files only, no code."""
