"""Well-known hosts by what somebody does there who follows a link from them.

Each is the domain under which the service itself says that it can be found; a domain stands for
all below it, the longest that fits counts, and ``.*`` for a country's or a company's own ending.
"""

from functools import lru_cache

_KINDS = {
    "ai": """
        chatgpt.com chat.openai.com openai.com perplexity.ai claude.ai gemini.google.com
        bard.google.com notebooklm.google.com copilot.microsoft.com copilot.com
        edgeservices.bing.com
        chat.deepseek.com deepseek.com chat.mistral.ai mistral.ai grok.com x.ai meta.ai poe.com
        you.com phind.com pi.ai chat.qwen.ai kimi.com kimi.moonshot.cn doubao.com character.ai
        com.openai.chatgpt ai.perplexity.app.android com.anthropic.claude
    """,
    "search": """
        google.* bing.com yahoo.* search.yahoo.* duckduckgo.com yandex.* ya.ru baidu.com ecosia.org
        qwant.com startpage.com search.brave.com kagi.com naver.com daum.net seznam.cz sogou.com
        so.com sm.cn aol.com ask.com lycos.* ixquick.com swisscows.com metager.de metager.org
        mojeek.com dogpile.com onet.pl rambler.ru mail.ru petalsearch.com presearch.com coccoc.com
        search.marginalia.nu yep.com gibiru.com web.de suche.t-online.de gmx.net
        com.google.android.googlequicksearchbox
    """,
    "social": """
        facebook.com fb.com fb.me messenger.com instagram.com threads.net threads.com twitter.com
        x.com t.co linkedin.com lnkd.in pinterest.* pin.it reddit.com redd.it youtube.com youtu.be
        tiktok.com snapchat.com whatsapp.com wa.me telegram.org t.me telegram.me web.telegram.org
        discord.com discord.gg bsky.app mastodon.social mastodon.online mstdn.social tumblr.com
        quora.com stackoverflow.com stackexchange.com news.ycombinator.com vk.com ok.ru weibo.com
        weixin.qq.com wechat.com douyin.com xiaohongshu.com zhihu.com line.me kakao.com band.us
        xing.com nextdoor.com twitch.tv vimeo.com flickr.com meetup.com medium.com substack.com
        slashdot.org digg.com livejournal.com myspace.com disqus.com producthunt.com slack.com
        teams.microsoft.com com.facebook.katana com.twitter.android com.linkedin.android
        com.reddit.frontpage com.instagram.android org.telegram.messenger com.pinterest com.slack
    """,
    "email": """
        mail.google.com gmail.com mail.yahoo.* outlook.com outlook.live.com outlook.office.com
        outlook.office365.com mail.aol.com mail.proton.me protonmail.com mail.zoho.com zoho.com
        mail.yandex.* e.mail.ru mail.163.com mail.126.com mail.qq.com fastmail.com icloud.com
        mail.com hey.com tutanota.com navigator.web.de deref-web.de deref-gmx.net deref-mail.com
        deref-1und1.de mail.naver.com roundcube.net mailchi.mp list-manage.com campaign-archive.com
        com.google.android.gm com.microsoft.office.outlook com.yahoo.mobile.client.android.mail
    """,
    "ads": """
        googleadservices.com doubleclick.net googlesyndication.com adservice.google.* taboola.com
        outbrain.com criteo.com adroll.com amazon-adsystem.com adnxs.com ads.google.com awin1.com
    """,
}
_KNOWN = {host: kind for kind, hosts in _KINDS.items() for host in hosts.split()}
_SECOND = ("co", "com")


@lru_cache(4_096)
def kind_of(host: str) -> str:
    """What the host is: ``ai``, ``search``, ``social``, ``email``, ``ads``; empty for others.

    >>> kind_of("www.google.co.uk"), kind_of("mail.google.com"), kind_of("example.org")
    ('search', 'email', '')
    """
    labels = host[:253].split(".")
    ending = 2 if len(labels) > 2 and labels[-2] in _SECOND else 1
    for at in range(len(labels) - ending):
        exact, any_ending = ".".join(labels[at:]), ".".join([*labels[at:-ending], "*"])
        if kind := _KNOWN.get(exact) or _KNOWN.get(any_ending):
            return kind
    return ""
