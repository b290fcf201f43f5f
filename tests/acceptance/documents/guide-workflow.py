import requests
import time

API_KEY = "YOUR_API_KEY_HERE"
BASE_URL = "https://api.cometapi.com"

# Step 1: Generate image
headers = {
    "Authorization": f"Bearer {API_KEY}",
    "Content-Type": "application/json"
}

payload = {
    "prompt": "ein fantastisches bild",
    "width": 1024,
    "height": 768,
    "seed": 42,
    "safety_tolerance": 2,
    "output_format": "jpeg"
}

response = requests.post(
    f"{BASE_URL}/flux/v1/flux-2-flex",
    headers=headers,
    json=payload
)
task_id = response.json()["id"]
print(f"Task ID: {task_id}")

# Step 2: Poll for result
while True:
    result = requests.get(
        f"{BASE_URL}/flux/v1/get_result",
        headers=headers,
        params={"id": task_id}
    )
    data = result.json()
    status = data["status"]
    
    if status == "Ready":
        image_url = data["result"]["sample"]
        print(f"Image ready: {image_url}")
        break
    elif status in ["Error", "Failed"]:
        print(f"Generation failed: {data}")
        break
    
    time.sleep(2)
