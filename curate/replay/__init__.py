"""What other limits would have kept of a run, told from its ledger: `curate tune`, without a new run.

`moves` says which limits are meant, `fates` what becomes of each document, `stages` and `gathers` replay the steps,
`tune` puts the answer together, and `recipe_text` writes it into the recipe.
"""
