"""KPIs: numbers with a name, each made of questions by a formula."""
