"""What is served at which path, one module for each family of routes."""
