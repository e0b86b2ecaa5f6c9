"""The script that mitmdump loads: `mitmdump -s proxy_addons/wire.py --set deskstorm_settings=FILE`."""

from proxy_addons.core.dispatcher import Dispatcher

addons = [Dispatcher()]
