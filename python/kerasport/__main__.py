"""`python -m kerasport`."""

from kerasport.cli import main

if __name__ == "__main__":
    main()
