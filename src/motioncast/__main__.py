"""`python -m motioncast`."""

from motioncast.cli.main import main

if __name__ == "__main__":
    main()
