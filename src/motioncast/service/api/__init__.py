"""The HTTP side: one route group a module."""
