//! `GET /presets`: the options that have a name here.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use api::PresetList;
use server::query::NoQuery;

use crate::state::AppState;

/// The presets, each with the options that it stands for, as in a query.
#[utoipa::path(get, path = "/presets", tag = "images",
    responses((status = 200, body = PresetList), (status = 400, body = api::ErrorBody)))]
pub(crate) async fn list_presets(state: web::Data<AppState>, _: NoQuery) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .json(PresetList { presets: state.presets.all() })
}
