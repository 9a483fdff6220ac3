"""What several tests and benchmarks share: models, pictures, servers, pages."""
