-- Issues, each with its history.
reconciliation_issues AS (SELECT * FROM reconciliation_issues WHERE business_id = $1 AND id = ANY($3)),
issue_history AS (SELECT * FROM issue_history WHERE business_id = $1 AND issue_id = ANY($3))
