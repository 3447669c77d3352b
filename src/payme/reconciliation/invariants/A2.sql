-- Seals follow one another without a gap, and there are as many entries under them as they say.
-- focus: nightly
WITH chain AS (
    SELECT number, first_position, last_position, era, last_transaction_id, last_sequence,
           lag(number, 1, 0::bigint) OVER (ORDER BY number) AS number_before,
           lag(last_position, 1, 0::bigint) OVER (ORDER BY number) AS position_before
      FROM audit_seals
     WHERE business_id = $1
), head AS (
    SELECT DISTINCT ON (chain.era) chain.era, chain.last_position, chain.last_transaction_id, chain.last_sequence,
           CASE WHEN era.number = 1 THEN -9223372036854775808 ELSE era.first_sequence END AS first_sequence,
           (SELECT min(later.first_sequence) FROM audit_eras AS later WHERE later.number > era.number) AS end_sequence
      FROM chain
      JOIN audit_eras AS era ON era.number = chain.era
     ORDER BY chain.era, chain.number DESC
), sealed AS (
    SELECT head.era, head.last_position, count(entry.id) AS entries
      FROM head
      LEFT JOIN audit_entries AS entry
        ON entry.business_id = $1
       AND (entry.transaction_id, entry.sequence) <= (head.last_transaction_id::text::xid8, head.last_sequence)
       AND entry.sequence >= head.first_sequence AND entry.sequence < coalesce(head.end_sequence, 9223372036854775807)
     GROUP BY head.era, head.last_position
)
SELECT $1::text AS subject,
       format('seal %s, from entry %s, after seal %s, up to entry %s', number, first_position, number_before,
              position_before) AS detail
  FROM chain
 WHERE number <> number_before + 1 OR first_position <> position_before + 1
 UNION ALL
SELECT $1::text, format('%s entries stand where %s were sealed', found.entries, found.last_position)
  FROM (SELECT sum(entries) AS entries, max(last_position) AS last_position FROM sealed) AS found
 WHERE found.entries <> found.last_position
