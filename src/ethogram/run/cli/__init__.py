"""The command line: `app` is what it consists of, `main` what the shell runs."""
