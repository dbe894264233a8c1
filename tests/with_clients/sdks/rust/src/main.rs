//! The AWS SDK for Rust, led by the variables and force_path_style; tests/with_clients/test_client_sdks.py.
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use aws_sdk_s3::Client;
use std::error::Error;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shared = aws_config::load_from_env().await;
    let client = Client::from_conf(Builder::from(&shared).force_path_style(true).build());
    for (key, algorithm) in [("a/ü +1", ChecksumAlgorithm::Crc64Nvme), ("a/sha", ChecksumAlgorithm::Sha256)] {
        let put = client.put_object().bucket("data").key(key).body(ByteStream::from_static(b"text"));
        put.checksum_algorithm(algorithm).metadata("run", "1").send().await?;
    }
    let found = client.get_object().bucket("data").key("a/ü +1").checksum_mode(ChecksumMode::Enabled).send().await?;
    assert_eq!(found.metadata().and_then(|all| all.get("run")).map(String::as_str), Some("1"));
    assert_eq!(found.body.collect().await?.to_vec(), b"text");

    let begun = client.create_multipart_upload().bucket("data").key("large").send().await?;
    let id = begun.upload_id().ok_or("no upload id")?;
    let mut parts = CompletedMultipartUpload::builder();
    for number in 1..=2 {
        let body = ByteStream::from(vec![b'x'; if number == 1 { 5 << 20 } else { 1 << 20 }]);
        let part = client.upload_part().bucket("data").key("large").upload_id(id).part_number(number).body(body);
        let tag = part.send().await?.e_tag().unwrap_or_default().to_owned();
        parts = parts.parts(CompletedPart::builder().part_number(number).e_tag(tag).build());
    }
    let complete = client.complete_multipart_upload().bucket("data").key("large").upload_id(id);
    complete.multipart_upload(parts.build()).send().await?;
    client.copy_object().bucket("data").key("copy").copy_source("data/a/sha").send().await?;

    let mut keys = Vec::new();
    let mut pages = client.list_objects_v2().bucket("data").into_paginator().page_size(2).send();
    while let Some(page) = pages.next().await {
        keys.extend(page?.contents().iter().filter_map(|entry| entry.key().map(str::to_owned)));
    }
    assert_eq!(keys, ["a/sha", "a/ü +1", "copy", "large"]);
    let gone = Delete::builder().objects(ObjectIdentifier::builder().key("a/sha").build()?).build()?;
    client.delete_objects().bucket("data").delete(gone).send().await?;
    let missing = client.get_object().bucket("data").key("missing").send().await.unwrap_err().into_service_error();
    assert!(missing.is_no_such_key());

    let lifetime = PresigningConfig::expires_in(Duration::from_secs(60))?;
    let link = client.get_object().bucket("data").key("copy").presigned(lifetime).await?;
    println!("{{\"version\": \"{}\", \"link\": \"{}\"}}", aws_sdk_s3::meta::PKG_VERSION, link.uri());
    Ok(())
}
