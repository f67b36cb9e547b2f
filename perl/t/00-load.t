use strict;
use warnings;

use lib 't/lib';
use PoDTest qw(receiver run_perl);
use Test::More;

use_ok('AliEn::PoD');
use_ok('AliEn::PoD::Error');
use_ok('AliEn::PoD::Worker');
use_ok('AliEn::Service::JobAgent::PoD');
can_ok('AliEn::PoD::Publisher', qw(new publish run datagrams));
can_ok('AliEn::PoD::Watcher',   qw(new check run worker_ended));
can_ok('AliEn::PoD::Error',     qw(code message throw));
is(AliEn::PoD::library_version(), $AliEn::PoD::VERSION, 'the library is of the same version');

subtest 'publishing does not load libcurl' => sub {
    plan skip_all => 'no /proc' if !-r '/proc/self/maps';
    my $receiver = receiver();
    my ($text, $status) = run_perl('-MAliEn::PoD', '-e', <<'PERL', $receiver->address);
AliEn::PoD::Publisher->new(master_job_id => 1, address => 'a.example:1', destinations => [@ARGV])->publish;
open my $maps, '<', '/proc/self/maps';
print grep { /libcurl|libAlienPoD/ && /r-x/ } <$maps>;
PERL
    is($status, 0, 'published');
    like($text, qr/libAlienPoD/, 'with the library');
    unlike($text, qr/libcurl/, 'without libcurl');
    ok($receiver->next, 'it arrived');
};

subtest 'an error brings its class' => sub {
    my ($text, $status) = run_perl('-MAliEn::PoD', '-e', <<'PERL');
foreach my $code (sub { AliEn::PoD::Watcher->new(run_time => 'x') }, sub { AliEn::PoD::Watcher->new(what => 1) }) {
    eval { $code->() };
    print ref $@, ' ', $@->code, " $@\n";
}
PERL
    like($text, qr/^AliEn::PoD::Error 64 run_time: .*\nAliEn::PoD::Error 64 unknown argument 'what' of a watcher\n\z/,
        'from the library, and from here');
};

subtest 'a library of another interface is refused' => sub {
    my ($text, $status) = run_perl('-e', <<'PERL');
require XSLoader;
my $load = \&XSLoader::load;
no warnings 'redefine';
*XSLoader::load = sub { my $result = $load->(@_); *AliEn::PoD::_abi_version = sub { 2 }; $result };
require AliEn::PoD;
PERL
    isnt($status, 0, 'loading fails');
    like($text, qr/needs libAlienPoD\.so with ABI version 1, found 2/, 'and says why');
};

subtest 'taint mode' => sub {
    my ($text, $status) = run_perl('-T', '-Iblib/lib', '-Iblib/arch', '-MAliEn::PoD', '-e',
        'AliEn::PoD::Watcher->new(repository => "http://127.0.0.1:1"); print "made"');
    is($text, 'made', 'objects are made under -T');
};

done_testing;
