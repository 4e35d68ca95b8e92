"""The stations of a merge run, each a module; `tasks/merge.py` goes from one to the next."""
