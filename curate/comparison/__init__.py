"""What tells two runs apart, and several: `curate diff` and `curate compare`.

`differences` are of what runs were told, `verdicts` of their documents, `causes` join the two, `runs` asks and answers.
"""
