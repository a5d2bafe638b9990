"""The words every room shares: event, times, tracking plan, predicates, errors."""
