curl --location --request POST 'https://api.cometapi.com/flux/v1/flux-2-flex' \
--header 'Authorization: YOUR_API_KEY_HERE' \
--header 'Content-Type: application/json' \
--data-raw '{
    "prompt": "ein fantastisches bild",
    "image_prompt": "",
    "width": 1024,
    "height": 768,
    "prompt_upsampling": false,
    "seed": 42,
    "safety_tolerance": 2,
    "output_format": "jpeg",
    "webhook_url": "",
    "webhook_secret": ""
}'
