"""What guards a backend from requests that it would only fail, and requests from a backend that fails: breaker, bulkhead, retries."""
