"""The rows that survive everything: deliveries, pulls, runs, evaluations and intents, a module each."""
