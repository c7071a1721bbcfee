//! The list of services, and presets that fit them.

use tallylight::protocol::rtmp::url::RtmpUrl;
use tallylight::settings::{KeyRule, PRESETS, Preset, Services};

#[test]
fn the_list_holds_what_it_promises() {
    let ids: Vec<&str> = Services::built_in().all().iter().map(|s| s.id.as_str()).collect();
    let expected = [
        "this-computer",
        "custom",
        "twitch",
        "youtube",
        "facebook",
        "kick",
        "bilibili",
        "douyu",
        "huya",
        "douyin",
        "aws-ivs",
        "cloudflare",
        "mux",
        "restream",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn every_address_is_one_and_leads_back_to_its_service() {
    for service in Services::built_in().all() {
        assert!(!service.where_to_find.is_empty(), "{}", service.id);
        for server in &service.servers {
            let url = RtmpUrl::parse(&server.address)
                .unwrap_or_else(|error| panic!("{}: {error}", server.address));
            let found = Services::built_in().of_host(url.host());
            assert_eq!(found.map(|s| &s.id), Some(&service.id), "{}", server.address);
            let path = url.app().split('?').next().unwrap_or_default();
            let segments = path.trim_matches('/').split('/').count();
            assert_eq!(segments, service.app_segments, "{}", server.address);
        }
    }
}

#[test]
fn hosts_are_recognised_by_whole_names() {
    let of = |host: &str| Services::built_in().of_host(host).map(|s| s.id.as_str());
    assert_eq!(of("live-fra.twitch.tv"), Some("twitch"));
    assert_eq!(of("LIVE.TWITCH.TV"), Some("twitch"));
    assert_eq!(of("twitch.tv.example.org"), None);
    assert_eq!(of("nottwitch.tv"), None);
    assert_eq!(of("a1b2c3.global-contribute.live-video.net"), Some("aws-ivs"));
    assert_eq!(of("fa723fc1b171.global-contribute.live-video.net"), Some("kick"));
    assert_eq!(of("127.0.0.1"), None);
}

#[test]
fn an_unknown_id_is_a_custom_server() {
    assert_eq!(Services::built_in().get("of-the-future").id, Services::CUSTOM);
    assert_eq!(Services::built_in().get(Services::THIS_COMPUTER).key, KeyRule::None);
}

#[test]
fn every_preset_fits_every_service() {
    for service in Services::built_in().all() {
        for preset in PRESETS {
            let output = preset.output(&service.limits(), true);
            assert!(output.is_within(&service.limits()), "{} at {}", preset.id, service.id);
            assert!(output.width % 2 == 0 && output.height % 2 == 0);
        }
    }
}

#[test]
fn limits_lower_only_what_exceeds_them() {
    let services = Services::built_in();
    let full = Preset::of("full-hd").expect("it is in the list");
    let facebook = full.output(&services.get("facebook").limits(), true);
    assert_eq!((facebook.video_kbps, facebook.audio_kbps), (5_000, 128));
    let mut own = full.output(&services.get("custom").limits(), true);
    own.video_kbps = 20_000;
    own.keyframe_s = 8.0;
    assert!(own.is_within(&services.get("custom").limits()));
    let twitch = own.clone().within(&services.get("twitch").limits());
    assert_eq!((twitch.video_kbps, twitch.keyframe_s), (6_000, 2.0));
    assert_eq!((twitch.width, twitch.fps), (own.width, own.fps));
    let youtube = own.within(&services.get("youtube").limits());
    assert_eq!((youtube.video_kbps, youtube.keyframe_s), (20_000, 4.0));
}

#[test]
fn keyframes_are_neither_too_rare_nor_too_many() {
    let services = Services::built_in();
    let limits = services.get("cloudflare").limits();
    let mut output = Preset::of("standard").expect("it is in the list").output(&limits, true);
    assert_eq!(output.keyframe_s, 2.0);
    for (chosen, kept) in [(0.5, 2.0), (4.0, 4.0), (10.0, 6.0)] {
        output.keyframe_s = chosen;
        assert_eq!(output.clone().within(&limits).keyframe_s, kept);
        assert_eq!(output.is_within(&limits), chosen == kept);
    }
}

#[test]
fn what_takes_encrypted_streams_only_offers_no_others() {
    for service in Services::built_in().all().iter().filter(|service| service.tls_only) {
        for server in &service.servers {
            assert!(server.address.starts_with("rtmps://"), "{}", server.address);
        }
    }
}

/// Such a name is not misspelt; another below the same end may be.
#[test]
fn a_services_own_server_is_known_by_its_whole_name() {
    let at = |host| Services::built_in().at(host).map(|service| service.name.as_str());
    assert_eq!(at("ingest.global-contribute.live-video.net"), Some("Twitch"));
    assert_eq!(at("INGEST.global-contribute.live-video.NET"), Some("Twitch"));
    for other in ["live.twitch.tv", "global-contribute.live-video.net", "localhost", ""] {
        assert_eq!(at(other), None, "{other}");
    }
}
