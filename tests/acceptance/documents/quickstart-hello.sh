curl --request POST \
--url https://api.cometapi.com/flux/v1/{model} \
--header 'Authorization: Bearer <token>' \
--header 'Content-Type: application/json' \
--data '
{
"prompt": "Hello"
}
'
