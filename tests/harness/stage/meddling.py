"""What others do in an org while an experiment runs there, over its public API."""

import os
import ssl
from typing import Any

import httpx


def call(method: str, path: str, body: Any = None) -> int:
    """One call with the org's client credentials; the answer's status."""
    trust = ssl.create_default_context(cafile=os.environ["MEDDLER_CA"])
    with httpx.Client(base_url=os.environ["MEDDLER_API"], verify=trust, trust_env=False) as client:
        auth = (os.environ["GENESYS_CLIENT_ID"], os.environ["GENESYS_CLIENT_SECRET"])
        granted = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=auth).json()
        headers = {"Authorization": f"Bearer {granted['access_token']}"}
        return client.request(method, path, json=body, headers=headers).raise_for_status().status_code
