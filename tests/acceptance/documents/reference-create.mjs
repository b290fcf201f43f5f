const response = await fetch("https://api.cometapi.com/flux/v1/flux-dev", {
    method: "POST",
    headers: {
        Authorization: `Bearer ${process.env.COMETAPI_KEY}`,
        "Content-Type": "application/json",
    },
    body: JSON.stringify({
        prompt: "A paper boat floating on calm water at sunrise.",
        width: 512,
        height: 512,
    }),
});


const task = await response.json();

console.log(task.id); // poll /flux/v1/get_result?id=... promptly; finished results expire
