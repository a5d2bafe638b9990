"""Who is who: the ledger of links between ids, and the persons that it makes."""
