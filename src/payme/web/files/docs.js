// A file of its own: the pages allow no inline script. No validator, because that would be another site.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null, docExpansion: "list" });
