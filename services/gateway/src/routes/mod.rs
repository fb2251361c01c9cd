//! Registers the table of routes.

pub(crate) mod console;
pub(crate) mod ready;
pub(crate) mod table;

use actix_web::{HttpRequest, guard, web};
use api::paths;
use server::route::{Right, resource};

use crate::forward::{Upstreams, forward};
use crate::state::AppState;
use table::{Row, TABLE};

/// Adds every route, at the root and again under `/api/v1`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.configure(console::configure);
    config.configure(store).service(web::scope(paths::API_V1).configure(store));
}

fn store(config: &mut web::ServiceConfig) {
    for rows in TABLE.chunk_by(|one, next| one.pattern == next.pattern) {
        let Some(first) = rows.first() else { continue };
        let methods: Vec<_> = rows.iter().flat_map(|row| row.methods.iter().copied()).collect();
        let mut resource = resource(first.pattern, methods.join(", "), Right::OfTheThing);
        for row in rows {
            resource = resource.route(route(row));
        }
        config.service(resource);
    }
}

fn route(row: &'static Row) -> actix_web::Route {
    let takes = guard::fn_guard(|context| row.methods.contains(&context.head().method.as_str()));
    web::route().guard(takes).to(
        move |request: HttpRequest,
              payload: web::Payload,
              state: web::Data<AppState>,
              upstreams: web::Data<Upstreams>| async move {
            forward(row, &request, payload, &state, &upstreams).await
        },
    )
}
