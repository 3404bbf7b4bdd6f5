"""`python -m motioncast`."""

from motioncast.cli import main

if __name__ == "__main__":
    main()
