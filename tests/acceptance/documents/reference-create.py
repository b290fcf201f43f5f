import os

import requests


response = requests.post(
    "https://api.cometapi.com/flux/v1/flux-dev",
    headers={"Authorization": "Bearer " + os.environ["COMETAPI_KEY"]},
    json={
        "prompt": "A paper boat floating on calm water at sunrise.",
        "width": 512,
        "height": 512,
    },
)


task = response.json()

print(task["id"])  # poll /flux/v1/get_result?id=... promptly; finished results expire
