"""GitHub's GraphQL API: `schema.graphql` executed over the simulated state."""
