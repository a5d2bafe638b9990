"""The tracking plan beside what happened: what was seen, what departs, what drifts."""
