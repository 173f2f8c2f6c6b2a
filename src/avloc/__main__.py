"""``python -m avloc`` is the command ``avloc``."""

from avloc.cli.main import main

if __name__ == "__main__":
    main()
