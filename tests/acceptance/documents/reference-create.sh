curl https://api.cometapi.com/flux/v1/flux-dev \
  -H "Authorization: Bearer $COMETAPI_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "A paper boat floating on calm water at sunrise.",
    "width": 512,
    "height": 512
  }'
