"""What is to become a pull request: a patch or files, stored under their digest, planned as git objects in memory."""
