"""The JSON API: `serving` puts the `ENDPOINTS` of the modules beside it behind one door."""
