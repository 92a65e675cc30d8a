"""A bot on the released dingtalk-stream SDK: echoes texts, answers card presses in the ack.

Run as a process with DINGTALK_OPENAPI_ENDPOINT set; arguments: client id, client secret.
"""

import sys

import dingtalk_stream
from dingtalk_stream import AckMessage


class Echo(dingtalk_stream.ChatbotHandler):
    async def process(self, callback):
        message = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        self.reply_text(f"回声:{message.text.content.strip()}", message)
        return AckMessage.STATUS_OK, "OK"


class Press(dingtalk_stream.CallbackHandler):
    async def process(self, callback):
        card = dingtalk_stream.CardCallbackMessage.from_dict(callback.data)
        pressed = card.content["cardPrivateData"]["actionIds"][0]
        changes = {"cardParamMap": {"title": f"{card.user_id} 按了 {pressed}"}}
        return AckMessage.STATUS_OK, {"cardUpdateOptions": {"updateCardDataByKey": True}, "cardData": changes}


client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential(*sys.argv[1:3]))
client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, Echo())
client.register_callback_handler("/v1.0/card/instances/callback", Press())
client.start_forever()
