"""What of an answer is told to who may not be told of small groups of people.

`told.told` stands between an answer and whoever asked, for all questions alike. `rules` has, of
each question, how its numbers hang together; what has no rule is told to nobody who is not told
all. The method is that of statistical offices: small counts are hidden (primary suppression),
and as many others that the small ones cannot be computed (complementary suppression, Cox 1980;
by corners of rectangles as in Repsilber's hypercube method).
"""
