-- The numbers of the active payment config, and no others, are listed for it: money that comes to one finds its shop.
-- focus: whole
SELECT coalesce(config.id, listed.payment_config_id)::text AS subject,
       format('number %s of %s', coalesce(config.number, listed.number),
              CASE WHEN listed.number IS NULL THEN 'is not listed' ELSE 'is listed for nobody' END) AS detail
  FROM (SELECT id, environment, unnest(CASE WHEN till_number IS NULL OR till_number = shortcode THEN ARRAY[shortcode]
                                            ELSE ARRAY[shortcode, till_number] END) AS number
          FROM payment_configs
         WHERE business_id = $1 AND deactivated_at IS NULL) AS config
  FULL JOIN (SELECT payment_config_id, environment, number
               FROM payment_numbers
              WHERE business_id = $1) AS listed
    ON listed.payment_config_id = config.id AND listed.environment = config.environment
   AND listed.number = config.number
 WHERE config.number IS NULL OR listed.number IS NULL
